/** Lets work begin while what runs together stays below a limit; work above the limit runs alone. In order of asking. */
export class MemoryGate {
  private used = 0;
  private readonly waiting: { readonly bytes: number; readonly begin: () => void }[] = [];

  constructor(private readonly limit: number) {}

  async run<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    if (this.waiting.length > 0 || !this.fits(bytes))
      await new Promise<void>((begin) => this.waiting.push({ bytes, begin }));
    else this.used += bytes;
    try {
      return await work();
    } finally {
      this.used -= bytes;
      this.beginNext();
    }
  }

  private beginNext(): void {
    while (this.waiting.length > 0 && this.fits(this.waiting[0].bytes)) {
      const { bytes, begin } = this.waiting.shift()!;
      this.used += bytes;
      begin();
    }
  }

  private fits(bytes: number): boolean {
    return this.used === 0 || this.used + bytes <= this.limit;
  }
}
