# One image: serves by default, and migrates with the command `migrate`. Works as user `node` on a read-only root
# file system; only /data (the embedded database) and /tmp are written.

# An argument, so that a digest or a mirror can be named: docker build --build-arg BASE=…; dependabot keeps it current.
ARG BASE=node:24.21.0-bookworm-slim

FROM ${BASE} AS dependencies
WORKDIR /app
# Before the sources, so that a change of code installs nothing. No dependency needs its install script.
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
 && cd node_modules \
 # Of Swagger UI the service serves two files; the other packages' type declarations and maps serve nobody at run time.
 && find swagger-ui-dist -type f ! -name swagger-ui.css ! -name swagger-ui-bundle.js ! -name package.json ! -name LICENSE ! -name NOTICE -delete \
 && find . -type f \( -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.map' \) -delete \
 && mkdir /data

FROM ${BASE}
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG SOURCE=unknown
# The number of the newest file in migrations/; a test keeps it.
ARG SCHEMA_VERSION=2
LABEL org.opencontainers.image.title="cars-api" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.licenses="MIT" \
      cars-api.schema-version="${SCHEMA_VERSION}"

COPY --from=dependencies --chown=node:node /data /data
COPY --from=dependencies /app/node_modules /app/node_modules
COPY package.json LICENSE /app/
COPY migrations /app/migrations
COPY src /app/src

# From here the default database, data/cars.db, is /data/cars.db.
WORKDIR /
ENV NODE_ENV=production HOST=0.0.0.0
USER node
EXPOSE 5000
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 CMD ["node", "/app/src/healthcheck.ts"]
# No shell between: the process gets the signals itself.
ENTRYPOINT ["node", "/app/src/command.ts"]
CMD ["serve"]
