/** The arguments that ask for a signature, as the key gate and the genuine server both read them. */
export function signArguments(request: {
  readonly signature: "detach" | "clear";
  readonly key: string;
  readonly encoding: "armored" | "binary";
  readonly digest: string | null;
  readonly status: "wanted" | "unwanted";
}): string[] {
  return [
    "--batch",
    "--no-tty",
    ...(request.status === "wanted" ? ["--status-fd", "2"] : []),
    ...(request.signature === "detach" && request.encoding === "armored" ? ["--armor"] : []),
    "--digest-algo",
    request.digest ?? "SHA512",
    "--local-user",
    request.key,
    request.signature === "detach" ? "--detach-sign" : "--clearsign",
  ];
}
