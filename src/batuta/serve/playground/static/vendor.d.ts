/** The parts of preact, its hooks, signals and htm that this page uses. */

export interface Signal<T> { value: T; peek(): T; subscribe(seen: (value: T) => void): () => void }
export interface ReadonlySignal<T> { readonly value: T; peek(): T }
export function signal<T>(value: T): Signal<T>;
export function computed<T>(made: () => T): ReadonlySignal<T>;
export function effect(done: () => void | (() => void)): () => void;
export function batch<T>(done: () => T): T;
export function useSignal<T>(value: T): Signal<T>;
export function useComputed<T>(made: () => T): ReadonlySignal<T>;
export function useSignalEffect(done: () => void | (() => void)): void;
export function useEffect(done: () => void | (() => void), on?: readonly unknown[]): void;
export function useRef<T>(value: T | null): { current: T | null };
export function useState<T>(value: T | (() => T)): [T, (value: T) => void];
export const html: (strings: TemplateStringsArray, ...values: unknown[]) => any;
export function h(kind: unknown, props: unknown, ...children: unknown[]): any;
export function render(tree: unknown, into: Element): void;
export const Fragment: unknown;
