/** Sources by git: fetched into bare repositories, verified with exactly the maintainers' keys. */
export { type CheckoutUpdate, updateCheckout } from "./checkout.ts";
export { remoteVersionTags } from "./remote-tags.ts";
export { createSources } from "./sources.ts";
