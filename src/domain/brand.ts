declare const brand: unique symbol;

/**
 * A value that only its parser can make: a template version never travels where a commit is asked for. The name is a
 * type-level mark only; at run time a branded string is the string.
 */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
