/** What is wrong with one of LevelDB's files. */
export class FileDamage extends Error {
  override readonly name = 'FileDamage';
  readonly file: string;

  constructor(file: string, what: string) {
    super(`${file}: ${what}`);
    this.file = file;
  }
}

/** Damage of the log: everything before it is sound, and so is the database that `cutLog` leaves. */
export class LogDamage extends FileDamage {
  /** What is to be kept of each log file, in bytes. */
  readonly kept: ReadonlyMap<string, number>;

  constructor(file: string, what: string, kept: ReadonlyMap<string, number>) {
    super(file, what);
    this.kept = kept;
  }
}
