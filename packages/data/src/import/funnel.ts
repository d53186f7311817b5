/** Why studies or images were left out at one filter, with the first few of them. */
export interface Dropped {
  readonly reason: string;
  readonly studies: number;
  readonly images: number;
  readonly examples: readonly string[];
}

/** What was left after one filter. */
export interface FunnelRow {
  readonly filter: string;
  readonly studies: number;
  readonly images: number;
  readonly dropped: readonly Dropped[];
}

/** One study, image or file that was left out. */
export interface Loss {
  readonly id: string;
  readonly filter: string;
  readonly reason: string;
}

const EXAMPLES = 3;

interface Entry {
  studies: number;
  images: number;
  readonly examples: string[];
}

/** Counts studies and images at each filter of an import, and remembers what was left out and why. */
export class Funnel {
  readonly rows: FunnelRow[] = [];
  readonly losses: Loss[] = [];
  private open = new Map<string, Entry>();

  /** Notes something left out before the next {@link row}. `place` says where, if the id alone does not. */
  drop(
    id: string,
    reason: string,
    { studies = 1, images = 0, place }: { studies?: number; images?: number; place?: string } = {},
  ): void {
    const entry = this.open.get(reason) ?? { studies: 0, images: 0, examples: [] };
    this.open.set(reason, entry);
    entry.studies += studies;
    entry.images += images;
    if (entry.examples.length < EXAMPLES) entry.examples.push(place ? `${id} (${place})` : id);
    this.losses.push({ id, filter: '', reason: place ? `${reason}: ${place}` : reason });
  }

  /** Closes a filter with what is left. */
  row(filter: string, studies: number, images: number): void {
    const dropped = [...this.open].map(([reason, entry]) => ({ reason, ...entry }));
    this.open = new Map();
    for (let i = this.losses.length - 1; i >= 0 && this.losses[i].filter === ''; i--)
      this.losses[i] = { ...this.losses[i], filter };
    this.rows.push({ filter, studies, images, dropped });
  }

  /**
   * Keeps the studies that `reasonAgainst` says nothing about, and closes the filter.
   *
   * @param reasonAgainst why a study is left out, `undefined` to keep it; with a place, if the id alone does not say where
   */
  filter<S extends { readonly id: string; readonly images: readonly unknown[] }>(
    filter: string,
    studies: readonly S[],
    reasonAgainst: (study: S) => string | { readonly reason: string; readonly place: string } | undefined,
  ): S[] {
    const kept = studies.filter((study) => {
      const reason = reasonAgainst(study);
      if (reason === undefined) return true;
      const images = study.images.length;
      if (typeof reason === 'string') this.drop(study.id, reason, { images });
      else this.drop(study.id, reason.reason, { images, place: reason.place });
      return false;
    });
    this.row(filter, kept.length, imagesOf(kept));
    return kept;
  }
}

export function imagesOf(studies: readonly { readonly images: readonly unknown[] }[]): number {
  return studies.reduce((sum, { images }) => sum + images.length, 0);
}
