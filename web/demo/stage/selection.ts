/** The hovered and the selected instance, by index; -1 for none. */
export class Selection {
  hovered = -1;
  selected = -1;
  private count = 0;

  constructor(private readonly changed: (selection: Selection) => void) {}

  /** The instance to highlight: the hovered one, else the selected one. */
  get highlight(): number {
    return this.hovered >= 0 ? this.hovered : this.selected;
  }

  setCount(count: number): void {
    this.count = count;
    this.set(this.hovered < count ? this.hovered : -1, this.selected < count ? this.selected : -1);
  }

  hover(index: number): void {
    this.set(index < this.count ? index : -1, this.selected);
  }

  /** Selects an instance, or clears the selection if it is selected already. */
  toggle(index: number): void {
    this.set(this.hovered, index === this.selected ? -1 : index);
  }

  choose(index: number): void {
    this.set(this.hovered, index);
  }

  clear(): void {
    this.set(-1, -1);
  }

  /** Arrow keys step and wrap around, Home and End jump, Escape clears; true for these keys. */
  handleKey(key: string): boolean {
    const { count, selected } = this;
    if (count === 0) return false;
    const next = (selected + 1) % count;
    const previous = selected <= 0 ? count - 1 : selected - 1;
    const targets: Readonly<Record<string, number>> = {
      ArrowDown: next,
      ArrowRight: next,
      ArrowUp: previous,
      ArrowLeft: previous,
      Home: 0,
      End: count - 1,
      Escape: -1,
    };
    const target = targets[key];
    if (target === undefined) return false;
    this.set(-1, target);
    return true;
  }

  private set(hovered: number, selected: number): void {
    if (hovered === this.hovered && selected === this.selected) return;
    this.hovered = hovered;
    this.selected = selected;
    this.changed(this);
  }
}
