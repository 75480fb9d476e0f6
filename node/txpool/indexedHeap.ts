// A binary heap whose members know their place, so that one that changes moves in O(log n).

/** What a heap can hold; -1 while it holds it not. */
export interface HeapMember {
  heapIndex: number;
}

export class IndexedHeap<Member extends HeapMember> {
  readonly #members: Member[];
  readonly #isBefore: (a: Member, b: Member) => boolean;

  /** `isBefore` is a strict order; `members` are taken over in O(n). */
  constructor(isBefore: (a: Member, b: Member) => boolean, members: Member[] = []) {
    this.#isBefore = isBefore;
    this.#members = members;
    members.forEach((member, index) => {
      member.heapIndex = index;
    });
    for (let index = (members.length >> 1) - 1; index >= 0; index--) this.#sink(index);
  }

  get size(): number {
    return this.#members.length;
  }

  /** The first member. */
  peek(): Member | undefined {
    return this.#members[0];
  }

  /** Adds the member, or moves it after its order changed. */
  update(member: Member): void {
    if (member.heapIndex === -1) {
      member.heapIndex = this.#members.length;
      this.#members.push(member);
    }
    this.#rise(member.heapIndex);
    this.#sink(member.heapIndex);
  }

  remove(member: Member): void {
    const index = member.heapIndex;
    if (index === -1) return;
    const last = this.#members.pop();
    member.heapIndex = -1;
    if (last === undefined || last === member) return;
    this.#place(last, index);
    this.#rise(index);
    this.#sink(last.heapIndex);
  }

  #place(member: Member, index: number): void {
    this.#members[index] = member;
    member.heapIndex = index;
  }

  #rise(index: number): void {
    const member = this.#members[index] as Member;
    while (index > 0) {
      const parent = this.#members[(index - 1) >> 1] as Member;
      if (!this.#isBefore(member, parent)) break;
      this.#place(parent, index);
      index = (index - 1) >> 1;
    }
    this.#place(member, index);
  }

  #sink(index: number): void {
    const member = this.#members[index] as Member;
    for (;;) {
      let child = 2 * index + 1;
      const right = this.#members[child + 1];
      if (right !== undefined && this.#isBefore(right, this.#members[child] as Member)) child++;
      const next = this.#members[child];
      if (next === undefined || !this.#isBefore(next, member)) break;
      this.#place(next, index);
      index = child;
    }
    this.#place(member, index);
  }
}
