/** Either a value or the reason why there is none. Refusals are values; bugs throw. */
export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

/** The good half of a {@link Result}. */
export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

/** The other half of a {@link Result}. */
export function no<E>(error: E): { readonly ok: false; readonly error: E } {
  return { ok: false, error };
}
