// How deep JSON is nested, seen before anything recurses over it or builds its objects.

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Whether more than `depthMax` brackets are open at once outside strings. */
export function isDeeperThan(text: string, depthMax: number): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text.charCodeAt(i);
    if (character === QUOTE) {
      i = endOfString(text, i);
      if (i < 0) return false;
    } else if (character === 0x5b || character === 0x7b) {
      if (++depth > depthMax) return true;
    } else if (character === 0x5d || character === 0x7d) depth--;
  }
  return false;
}

/** The position of the quote that ends the string which starts at `start`, or -1. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return -1;
}
