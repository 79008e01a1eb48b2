# One image: serves by default; the commands `migrate`, `inspect` and `keys` do what they say. It listens for others, so it serves
# only with AUTH, or with AUTH_NONE_IS_INTENDED=true where everybody may do everything. Works as user `node` on a read-only root
# file system; only /data (the embedded database) and /tmp are written.

# An argument, so that a digest or a mirror can be named: docker build --build-arg BASE=…; dependabot keeps it current.
ARG BASE=node:24.21.0-bookworm-slim
# The number of the newest file in migrations/, and the greatest `-- oldest-compatible: N` of them: code of an older schema version
# does not work once they are applied. With any others the build fails.
ARG SCHEMA_VERSION=5
ARG OLDEST_COMPATIBLE=1

FROM ${BASE} AS build
WORKDIR /app
# Before the sources, so that a change of code installs nothing. No install script is needed, so none is run.
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY src ./src
COPY migrations ./migrations
# Releases and rollbacks trust the labels, so they must not be able to lie.
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
# The service and its production dependencies in one place: docs/decisions/0005-image.md. Of Swagger UI, the two files
# that are served. The list of what is inside goes along, because a scanner cannot see it in a bundle.
RUN npm run bundle \
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

# From here the default database, data/cars.db, is /data/cars.db.
WORKDIR /
# Two memory pools of the C library instead of eight a core: they hold mostly what was freed.
ENV NODE_ENV=production HOST=0.0.0.0 MALLOC_ARENA_MAX=2
USER node
EXPOSE 5000
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 CMD ["node", "/app/dist/healthcheck.js"]
# No shell between: the process gets the signals itself. Young objects get 4 MB instead of 16: less memory, hardly slower.
ENTRYPOINT ["node", "--max-semi-space-size=4", "/app/dist/run.js"]
CMD ["serve"]
