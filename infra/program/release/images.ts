/** Images in the registry: finds one by its tag, reads its labels, protects it from clean-up. */

import {
  BatchGetImageCommand,
  DescribeImagesCommand,
  GetDownloadUrlForLayerCommand,
  ImageNotFoundException,
  PutImageCommand,
  paginateDescribeImages,
} from '@aws-sdk/client-ecr';
import { ARCHITECTURE, LABELS, RELEASED, REPOSITORY } from '../../platform/contract.ts';
import type { Context } from '../core/context.ts';
import { Failure } from '../core/exit-codes.ts';

/** What an image's labels declare about its migrations; undefined if there is no label. */
export interface Schema {
  /** The number of its newest migration. */
  readonly schema: number | undefined;
  /** The oldest schema version whose code still works after these migrations. */
  readonly oldestCompatible: number | undefined;
}

export interface Image extends Schema {
  /** The full commit id. */
  readonly tag: string;
  /** `sha256:…` */
  readonly digest: string;
}

const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

interface Manifest {
  /** In an index: one entry for each platform. */
  readonly manifests?: readonly { digest: string; platform?: { architecture: string; os: string } }[];
  readonly config?: { digest: string };
}

/**
 * @param name a tag or the start of one, with or without the repository before it.
 * Throws {@link Failure} `refused` when no image or several match, or the architecture is wrong.
 */
export async function findImage(context: Context, name: string): Promise<Image> {
  const { tag, digest } = await resolve(context, name.replace(/^.*:/, ''));
  const { architecture, labels } = await readConfig(context, digest);
  if (architecture !== ARCHITECTURE.image) {
    throw new Failure(
      'refused',
      `the image ${tag} is built for ${architecture}, but tasks run on ${ARCHITECTURE.image}`,
      `Build it with --platform linux/${ARCHITECTURE.image}.`,
    );
  }
  return { tag, digest, ...schemaOf(labels) };
}

/** @param digest of an image that may have been deleted; nothing is declared then. */
export async function readSchema(context: Context, digest: string): Promise<Schema> {
  return schemaOf((await readConfig(context, digest)).labels);
}

/** Protects a deployed image from the registry's clean-up, with a tag that its rules keep. */
export async function protectImage({ aws, name }: Context, { tag, digest }: Image): Promise<void> {
  const { images = [] } = await aws.ecr.send(
    new BatchGetImageCommand({
      repositoryName: REPOSITORY,
      imageIds: [{ imageDigest: digest }],
      acceptedMediaTypes: MANIFESTS,
    }),
  );
  await aws.ecr
    .send(
      new PutImageCommand({
        repositoryName: REPOSITORY,
        imageManifest: images[0]?.imageManifest,
        imageManifestMediaType: images[0]?.imageManifestMediaType,
        imageTag: `${RELEASED}${name}-${tag}`,
      }),
    )
    .catch((error: Error) => {
      // It has the tag already, from an earlier release.
      if (!['ImageAlreadyExistsException', 'ImageTagAlreadyExistsException'].includes(error.name))
        throw error;
    });
}

/** The commit's tag of an image; the digest if it has none. */
export async function tagOf({ aws }: Context, digest: string): Promise<string> {
  const { imageDetails = [] } = await aws.ecr
    .send(new DescribeImagesCommand({ repositoryName: REPOSITORY, imageIds: [{ imageDigest: digest }] }))
    .catch((error: Error) => {
      if (error instanceof ImageNotFoundException) return { imageDetails: [] };
      throw error;
    });
  return imageDetails[0]?.imageTags?.find((tag) => !tag.startsWith(RELEASED)) ?? digest;
}

async function resolve({ aws }: Context, name: string): Promise<{ tag: string; digest: string }> {
  const found: { tag: string; digest: string }[] = [];
  for await (const { imageDetails = [] } of paginateDescribeImages(
    { client: aws.ecr },
    { repositoryName: REPOSITORY, filter: { tagStatus: 'TAGGED' } },
  )) {
    for (const { imageTags = [], imageDigest = '' } of imageDetails) {
      for (const tag of imageTags) if (tag.startsWith(name)) found.push({ tag, digest: imageDigest });
    }
  }
  const exact = found.find(({ tag }) => tag === name);
  const only = found.length === 1 ? found[0] : exact;
  if (only !== undefined) return only;
  const tags = found.map(({ tag }) => tag).join(', ');
  throw new Failure(
    'refused',
    found.length === 0
      ? `there is no image with the tag ${name}`
      : `the tag ${name} matches several images: ${tags}`,
    found.length === 0
      ? 'Build it first: check its commit out, and run infra/aws-deploy.sh build.'
      : 'Give more characters of the tag.',
  );
}

type Labels = Readonly<Record<string, string>>;

function schemaOf(labels: Labels): Schema {
  const numberIn = (label: string) => {
    const text = labels[label] ?? '';
    return /^\d+$/.test(text) ? Number(text) : undefined;
  };
  return { schema: numberIn(LABELS.schema), oldestCompatible: numberIn(LABELS.oldestCompatible) };
}

async function readConfig(
  context: Context,
  digest: string,
): Promise<{ architecture: string; labels: Labels }> {
  const manifest = await readManifest(context, digest);
  if (manifest.config === undefined) return { architecture: 'nothing', labels: {} };
  const { downloadUrl = '' } = await context.aws.ecr.send(
    new GetDownloadUrlForLayerCommand({ repositoryName: REPOSITORY, layerDigest: manifest.config.digest }),
  );
  const response = await fetch(downloadUrl);
  if (!response.ok)
    throw new Error(`the registry answers ${response.status} for the configuration of ${digest}`);
  const config = (await response.json()) as {
    architecture?: string;
    config?: { Labels?: Record<string, string> };
  };
  return { architecture: config.architecture ?? 'nothing', labels: config.config?.Labels ?? {} };
}

/** The manifest for our architecture, resolved through an index if there is one. */
async function readManifest(context: Context, digest: string): Promise<Manifest> {
  const { images: [image] = [] } = await context.aws.ecr.send(
    new BatchGetImageCommand({
      repositoryName: REPOSITORY,
      imageIds: [{ imageDigest: digest }],
      acceptedMediaTypes: MANIFESTS,
    }),
  );
  const manifest: Manifest = JSON.parse(image?.imageManifest ?? '{}');
  if (manifest.manifests === undefined) return manifest;
  const ours = manifest.manifests.find(({ platform }) => platform?.architecture === ARCHITECTURE.image);
  if (ours === undefined) {
    const built = manifest.manifests.map(({ platform }) => platform?.architecture).join(', ');
    throw new Failure('refused', `the image is built for ${built}, but tasks run on ${ARCHITECTURE.image}`);
  }
  return readManifest(context, ours.digest);
}
