// The chain of execution-apis, imported with every check on, as a node.
import { parseGenesisText } from '../../../genesis/genesisText.ts';
import { parseGenesis } from '../../../genesis/parseGenesis.ts';
import { decodeBlock } from '../../../node/block/body.ts';
import { readChainFile } from '../../../node/chain/chainFile.ts';
import { importBlock } from '../../../node/chain/importBlock.ts';
import { Node } from '../../../node/node.ts';
import { devNodeOptions } from '../../helpers/devNode.ts';
import { vectorBytes, vectorPath } from '../../vectors.ts';

/** Undefined where the vectors are absent. */
export async function importedNode(): Promise<Node | undefined> {
  const genesis = vectorBytes('execution-apis', 'genesis.json');
  const file = vectorPath('execution-apis', 'chain.rlp');
  if (genesis === undefined || file === undefined) return undefined;
  const spec = parseGenesis(parseGenesisText(new TextDecoder().decode(genesis)));
  const node = await Node.open(devNodeOptions({ spec, devAccounts: [] }));
  for await (const { blockRlp, consensusInputs } of readChainFile(file))
    await importBlock(node.importContext, {
      block: decodeBlock(blockRlp),
      rlpBytes: blockRlp.length,
      consensusInputs,
    });
  await node.start();
  return node;
}
