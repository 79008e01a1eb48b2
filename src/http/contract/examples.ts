/** Shows the examples of schemas where more tools look for them: beside the schema of a body or a parameter. */

interface Exemplified {
  readonly schema?: { readonly $ref?: string; readonly examples?: readonly unknown[] };
  example?: unknown;
}

interface Operation {
  readonly parameters?: readonly Exemplified[];
  readonly requestBody?: { readonly content?: Readonly<Record<string, Exemplified>> };
}

interface Document {
  readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: {
    readonly schemas?: Readonly<Record<string, { readonly examples?: readonly unknown[] }>>;
  };
}

/** Changes the document. */
export function addExamples(collected: object): void {
  const { paths = {}, components }: Document = collected;
  for (const { parameters = [], requestBody } of Object.values(paths).flatMap((path) =>
    Object.values(path),
  )) {
    for (const part of [...parameters, ...Object.values(requestBody?.content ?? {})]) {
      const { $ref = '', examples } = part.schema ?? {};
      const name = $ref.slice($ref.lastIndexOf('/') + 1);
      const [example] = examples ?? components?.schemas?.[name]?.examples ?? [];
      if (example !== undefined) part.example = example;
    }
  }
}
