/**
 * A local ECR without the registry protocol: the requests about images and tags that a release
 * makes.
 */

import { createHash } from 'node:crypto';
import { REPOSITORY } from '../../platform/contract.ts';
import { AwsError, type Document, type Handler, handlerOf } from './handler.ts';
import { REGION, REGISTRY } from './local-platform.ts';

export interface LocalImage {
  readonly tag: string;
  readonly architecture: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface LocalRegistry {
  readonly handler: Handler;
  /** @returns its digest. */
  push(image: LocalImage): string;
  /** The tags of a digest. */
  tagsOf(digest: string): readonly string[];
  /** The configuration of an image, which its download URL leads to. */
  blob(digest: string): string | undefined;
}

interface Stored {
  readonly text: string;
  readonly tags: string[];
  readonly pushed: Date;
}

/** @param address the URL of the server that serves {@link LocalRegistry.blob} at `/blobs/`. */
export function createRegistry(address: () => string): LocalRegistry {
  const manifests = new Map<string, Stored>();
  const blobs = new Map<string, string>();

  function put(text: string, tag: string): string {
    const digest = digestOf(text);
    const known = manifests.get(digest);
    if (known?.tags.includes(tag))
      throw new AwsError('ImageAlreadyExistsException', `Image with tag '${tag}' already exists.`);
    if ([...manifests.values()].some(({ tags }) => tags.includes(tag)))
      throw new AwsError('ImageTagAlreadyExistsException', `The tag '${tag}' is immutable.`);
    manifests.set(digest, { text, tags: [...(known?.tags ?? []), tag], pushed: known?.pushed ?? new Date() });
    return digest;
  }

  const lookFor = ({ imageDigest, imageTag }: Document) =>
    [...manifests].find(
      ([digest, { tags }]) => digest === imageDigest || (imageTag !== undefined && tags.includes(imageTag)),
    );
  const find = (id: Document) => {
    const found = lookFor(id);
    if (found === undefined) throw new AwsError('ImageNotFoundException', 'The image does not exist.');
    return found;
  };
  const detail = ([imageDigest, { tags, pushed }]: [string, Stored]) => ({
    imageDigest,
    imageTags: tags,
    imagePushedAt: pushed,
    repositoryName: REPOSITORY,
  });
  const image = ([imageDigest, { text }]: [string, Stored]) => ({
    imageId: { imageDigest },
    imageManifest: text,
    imageManifestMediaType: 'application/vnd.oci.image.manifest.v1+json',
  });

  const actions: Record<string, (input: Document) => Document> = {
    DescribeImages: ({ imageIds }) => ({ imageDetails: (imageIds?.map(find) ?? [...manifests]).map(detail) }),
    // A missing image is listed in `failures`, and is no error.
    BatchGetImage({ imageIds }: { imageIds?: Document[] }) {
      const requested = (imageIds ?? []).map((imageId) => ({ imageId, found: lookFor(imageId) }));
      return {
        images: requested.flatMap(({ found }) => (found === undefined ? [] : [image(found)])),
        failures: requested
          .filter(({ found }) => found === undefined)
          .map(({ imageId }) => ({ imageId, failureCode: 'ImageNotFound' })),
      };
    },
    PutImage: ({ imageManifest, imageTag }) => ({
      image: { imageId: { imageTag, imageDigest: put(imageManifest, imageTag) } },
    }),
    GetAuthorizationToken: () => ({
      authorizationData: [
        { authorizationToken: btoa('AWS:secret'), proxyEndpoint: `https://${REGISTRY.split('/')[0]}` },
      ],
    }),
    GetDownloadUrlForLayer: ({ layerDigest }) => ({
      layerDigest,
      downloadUrl: `${address()}/blobs/${layerDigest}?region=${REGION}`,
    }),
  };

  return {
    handler: handlerOf(actions),
    push({ tag, architecture, labels }) {
      // The tag makes each image different.
      const config = JSON.stringify({ architecture, os: 'linux', config: { Labels: labels }, comment: tag });
      blobs.set(digestOf(config), config);
      const manifest = { schemaVersion: 2, config: { digest: digestOf(config) }, layers: [] };
      return put(JSON.stringify(manifest), tag);
    },
    tagsOf: (digest) => manifests.get(digest)?.tags ?? [],
    blob: (digest) => blobs.get(digest),
  };
}

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}
