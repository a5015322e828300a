/** What the emulator says of an App's installation; of its account, only the name and a few fields beside it. */
interface EmulatedInstallation {
  readonly account: { readonly id: number; readonly login: string };
}

/** An App's installation as GitHub answers it: with its whole account, an organisation written the way a user is. */
export function fullInstallation(body: unknown, apiUrl: string): object {
  const installation = body as EmulatedInstallation;
  const { id, login } = installation.account;
  const url = `${apiUrl}/users/${login}`;
  const account = {
    gravatar_id: "",
    avatar_url: `${apiUrl}/avatars/o/${login}`,
    url,
    html_url: `${apiUrl}/${login}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: "Organization",
    site_admin: false,
  };
  return { ...installation, target_id: id, account: { ...account, ...installation.account } };
}
