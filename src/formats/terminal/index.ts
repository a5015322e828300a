/** Text on a terminal. */
export { cell, columnsOf, jsonText, printable, wrapped } from "./printable.ts";
