/** The schemas of what the service says about itself. */

import { Type } from 'typebox';

export const Health = Type.Object({ status: Type.Literal('ok'), version: Type.String() }, { $id: 'Health' });
export const Readiness = Type.Object({ status: Type.Literal('ready') }, { $id: 'Readiness' });

const Path = Type.String({ format: 'uri-reference' });

/** Where everything is. */
export const ServiceLinks = Type.Object(
  {
    service: Type.Literal('cars-api'),
    version: Type.String(),
    links: Type.Object({
      cars: Path,
      documentation: Path,
      openapi: Path,
      liveness: Path,
      readiness: Path,
    }),
  },
  { $id: 'ServiceLinks', description: 'The service, and the paths of its resources.' },
);
