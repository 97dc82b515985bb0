/** The element of index.html with this id; throws when it is missing or of another type. */
export function byId<T extends Element>(id: string, type: abstract new () => T): T {
  const element = document.getElementById(id);
  if (element instanceof type) return element;
  throw new Error(`index.html has no ${type.name} #${id}`);
}

/**
 * A new element with text and classes. Set its styles through CSSOM: the page's policy blocks style
 * attributes.
 */
export function make<K extends keyof HTMLElementTagNameMap>(
  name: K,
  { className, text }: { className?: string; text?: string } = {},
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  if (className !== undefined) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

export const isAbort = (error: unknown): boolean =>
  error instanceof Error &&
  (error.name === "AbortError" || (error as { code?: unknown }).code === "aborted");
