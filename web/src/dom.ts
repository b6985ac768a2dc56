// Elements without a framework: texts are always texts, never markup, so nothing that a shop's data
// holds can run.

type Child = Node | string | number | null | undefined | false;
type Props = Record<string, unknown>;

function put(node: Element, children: Child[]): void {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : String(child));
  }
}

function set(node: Element, props: Props): void {
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value as EventListener);
    else if (name === "value") (node as HTMLInputElement).value = String(value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
}

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  put(node, children);
  set(node, props);
  return node;
}

export function s(tag: string, props: Props = {}, ...children: Child[]): SVGElement {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  set(node, props);
  put(node, children);
  return node;
}

export function replace(node: Element, ...children: Child[]): void {
  node.textContent = "";
  put(node, children);
}
