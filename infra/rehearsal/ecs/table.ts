/**
 * The DynamoDB table of releases in memory. It understands the expressions that the program uses,
 * and rejects others.
 */

import { isDeepStrictEqual } from 'node:util';
import { AwsError, type Document, type Handler, handlerOf } from './handler.ts';

export function createTable(name: string): Handler {
  const items = new Map<string, Document>();
  const keyOf = ({ pk, sk }: Document) => `${pk.S}\0${sk.S}`;

  /** `A OR B`, each `attribute_not_exists(x)`, `#x = :y` or `#x < :y`. */
  function holds(condition: string | undefined, input: Document, item: Document | undefined): boolean {
    if (condition === undefined) return true;
    return condition.split(' OR ').some((term) => {
      const absent = /^attribute_not_exists\((\w+)\)$/.exec(term)?.[1];
      if (absent !== undefined) return item?.[absent] === undefined;
      const [, attribute = '', operator, value = ''] = /^(#\w+) ([=<]) (:\w+)$/.exec(term) ?? [];
      if (operator === undefined)
        throw new AwsError('ValidationException', `the local table does not know ${term}`);
      const stored = item?.[input['ExpressionAttributeNames'][attribute]];
      const given = input['ExpressionAttributeValues'][value];
      if (stored === undefined) return false;
      return operator === '=' ? isDeepStrictEqual(stored, given) : Number(stored.N) < Number(given.N);
    });
  }

  function check(input: Document, item: Document | undefined): void {
    if (holds(input['ConditionExpression'], input, item)) return;
    throw new AwsError('ConditionalCheckFailedException', 'The conditional request failed', 400, {
      ...(input['ReturnValuesOnConditionCheckFailure'] === 'ALL_OLD' && { Item: item }),
    });
  }

  const actions: Record<string, (input: Document) => Document> = {
    PutItem(input) {
      check(input, items.get(keyOf(input['Item'])));
      items.set(keyOf(input['Item']), input['Item']);
      return {};
    },
    DeleteItem(input) {
      check(input, items.get(keyOf(input['Key'])));
      items.delete(keyOf(input['Key']));
      return {};
    },
    Query({ KeyConditionExpression, ExpressionAttributeValues, ScanIndexForward = true }) {
      const value = /^pk = (:\w+)$/.exec(KeyConditionExpression)?.[1] ?? '';
      const found = [...items.values()].filter(({ pk }) => pk.S === ExpressionAttributeValues[value].S);
      found.sort((a, b) => (a['sk'].S < b['sk'].S ? -1 : 1));
      return { Items: ScanIndexForward ? found : found.reverse(), Count: found.length };
    },
  };

  const handle = handlerOf(actions);
  return (action, input) => {
    if (input['TableName'] !== name)
      throw new AwsError('ResourceNotFoundException', 'Requested resource not found');
    return handle(action, input);
  };
}
