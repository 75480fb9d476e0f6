/** What geth accepts as the type of a body; anything else could come from a plain HTML form of another site. */
export const CONTENT_TYPES: ReadonlySet<string> = new Set([
  'application/json',
  'application/json-rpc',
  'application/jsonrequest',
]);
export const JSON_TYPE = 'application/json';
