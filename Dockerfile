# The image of the service. Commands: serve (default), migrate, inspect, keys, audit, backup, restore.
# It listens on all addresses, so it needs AUTH, or AUTH_NONE_IS_INTENDED=true to run without authentication.
# It runs as user `node` on a read-only root file system, and writes only to /data (SQLite) and /tmp.
#
#   docker build -t cars-api . && docker run --rm -p 5000:5000 -e AUTH_NONE_IS_INTENDED=true cars-api

# Use --build-arg BASE=… for a digest or a mirror. Dependabot updates the default.
ARG BASE=node:24.21.0-bookworm-slim
# The number of the newest migration, and the highest `-- oldest-compatible: N` in the migrations: code of an older
# schema version does not work after them. The build fails when these numbers are wrong.
ARG SCHEMA_VERSION=6
ARG OLDEST_COMPATIBLE=1

# Runs on the architecture of the builder: what it makes is the same for all.
FROM --platform=$BUILDPLATFORM ${BASE} AS build
WORKDIR /app
# Copied before the sources, so that a code change does not reinstall packages. No package needs its install script.
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY src ./src
COPY page ./page
COPY scripts/build-page.ts ./scripts/
COPY tsconfig.json ./
COPY migrations ./migrations
# Releases and rollbacks trust the labels, so check them.
ARG SCHEMA_VERSION
ARG OLDEST_COMPATIBLE
RUN for engine in migrations/*; do \
      newest=$(ls "$engine" | sed -n '$s/^0*\([0-9]*\)-.*/\1/p'); \
      [ "$newest" = "$SCHEMA_VERSION" ] \
        || { echo "SCHEMA_VERSION is $SCHEMA_VERSION, and the newest file in $engine is $newest" >&2; exit 1; }; \
      oldest=$(sed -n 's/^-- oldest-compatible: //p' "$engine"/*.sql | sort -n | tail -n 1); \
      [ "$oldest" = "$OLDEST_COMPATIBLE" ] \
        || { echo "OLDEST_COMPATIBLE is $OLDEST_COMPATIBLE, and the files in $engine need $oldest" >&2; exit 1; }; \
    done
# Bundles the service with its dependencies (docs/decisions/0005-image.md), builds the page, and adds the two files of Swagger UI.
# Adds an SBOM, because a scanner cannot see packages in a bundle.
RUN npm run bundle \
 && node scripts/build-page.ts \
 && mkdir -p out/node_modules/swagger-ui-dist /data \
 && cp -r dist package.json out/ \
 && cd node_modules/swagger-ui-dist \
 && cp package.json LICENSE NOTICE swagger-ui.css swagger-ui-bundle.js /app/out/node_modules/swagger-ui-dist/ \
 && cd /app && npm run --silent sbom > out/sbom.cyclonedx.json

FROM ${BASE}
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG SOURCE=unknown
ARG SCHEMA_VERSION
ARG OLDEST_COMPATIBLE
LABEL org.opencontainers.image.title="cars-api" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.licenses="MIT" \
      cars-api.schema-version="${SCHEMA_VERSION}" \
      cars-api.oldest-compatible="${OLDEST_COMPATIBLE}"

COPY --from=build --chown=node:node /data /data
COPY --from=build /app/out /app
COPY LICENSE /app/
COPY --from=build /app/migrations /app/migrations

# Makes the default database data/cars.db the file /data/cars.db.
WORKDIR /
# Two malloc arenas instead of eight per core: less memory.
ENV NODE_ENV=production HOST=0.0.0.0 MALLOC_ARENA_MAX=2
USER node
EXPOSE 5000
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 CMD ["node", "/app/dist/healthcheck.js"]
# Exec form, so that the process receives signals. A 4 MB semi-space instead of 16 MB: less memory, hardly slower.
# SIGUSR1 would open a debugger.
ENTRYPOINT ["node", "--disable-sigusr1", "--max-semi-space-size=4", "/app/dist/run.js"]
CMD ["serve"]
