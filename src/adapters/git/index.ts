/** Sources by git: fetched into bare repositories, verified with exactly the maintainers' keys. */
export { type Checkout, type CheckoutUpdate, updateCheckout } from "./checkout.ts";
export { remoteVersionTags } from "./remote-tags.ts";
export { createSources, type SourcesOptions } from "./sources.ts";
