// Looking at the database of a stopped node changes no record, even where a start would.
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { checkDatabase } from '../../../cli/doctor/homeChecks.ts';
import { homeAt } from '../../../cli/home.ts';
import { Chain } from '../../../node/chain/chain.ts';
import { metaKey } from '../../../node/state/buckets.ts';
import { WriteBatch } from '../../../node/state/database.ts';
import { openLevelDatabase } from '../../../node/state/levelDatabase.ts';
import { contentOf } from '../../helpers/databaseContent.ts';
import { devNodeOptions } from '../../helpers/devNode.ts';
import { temporaryDirectories } from '../../helpers/gnomonCommand.ts';

const directories = temporaryDirectories();
afterAll(() => directories.cleanUp());

const { spec, stateMode } = devNodeOptions();
const STATE = { mode: 'archive', keepBlocks: 1024 } as const;

async function content(location: string): Promise<string> {
  const database = await openLevelDatabase(location);
  try {
    return await contentOf(database);
  } finally {
    await database.close();
  }
}

describe('the check of a database', () => {
  it('leaves it as it is where a start would index logs', async () => {
    const home = homeAt(join(directories.make(), 'home'));
    const database = await openLevelDatabase(home.databaseDirectory);
    await Chain.open({ database, spec, stateMode });
    const batch = new WriteBatch();
    batch.delete(metaKey('logIndex'));
    await database.write(batch, { sync: true });
    await database.close();
    const before = await content(home.databaseDirectory);
    expect(await checkDatabase(home, spec, STATE, false)).toMatchObject([{ id: 'home.database', status: 'ok' }]);
    expect(await content(home.databaseDirectory)).toBe(before);
    // A start would have changed it.
    const started = await openLevelDatabase(home.databaseDirectory);
    await Chain.open({ database: started, spec, stateMode });
    await started.close();
    expect(await content(home.databaseDirectory)).not.toBe(before);
  });

  it('makes no chain where there is none', async () => {
    const home = homeAt(join(directories.make(), 'home'));
    await (await openLevelDatabase(home.databaseDirectory)).close();
    const before = await content(home.databaseDirectory);
    expect(await checkDatabase(home, spec, STATE, false)).toMatchObject([
      { status: 'note', found: 'there are no blocks yet' },
    ]);
    expect(await content(home.databaseDirectory)).toBe(before);
  });
});
