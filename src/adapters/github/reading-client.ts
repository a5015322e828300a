import type { GithubClient } from "./client.ts";
import { GithubFault } from "./fault.ts";

/**
 * GitHub, to be read only: a request that could change anything is never sent. By the method and by the kind of the document
 * that is asked, not by who asks, so that no way of asking can be forgotten.
 */
export function readingClient(client: GithubClient): GithubClient {
  const refuse = async (what: string): Promise<never> => {
    throw new GithubFault("refused", `GitHub: in shadow mode nothing is written (${what})`);
  };
  return {
    rest: (route, repository, parameters) =>
      route.startsWith("GET ") ? client.rest(route, repository, parameters) : refuse(route),
    graphql: (document, repository, variables) =>
      /^query [A-Za-z]+\(/.test(document) && !/\bmutation\b/.test(document)
        ? client.graphql(document, repository, variables)
        : refuse(document.slice(0, 40).replace(/\s+/g, " ")),
  };
}
