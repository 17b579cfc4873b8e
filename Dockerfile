# The gateway as a container. TypeScript runs directly, so there is nothing to build: the first stage only installs.
FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY schemas/typescript-client/package.json schemas/typescript-client/
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force

FROM node:24-bookworm-slim
# openssl judges certificate paths.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends openssl \
  && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production MRA_DATA=/data
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY package.json ./
COPY gateway gateway
COPY adapters adapters
COPY schemas schemas
COPY certs certs
# Program and data are apart: only the data folder can be written, by an account without rights elsewhere.
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
# The exchange door, for partners, and the border door, for clearance systems. They listen on the loopback interface
# unless the settings (MRA_CONFIG, a file mounted read-only) name another host.
EXPOSE 8443 8080
# Asks the border door on the loopback interface; MRA_HEALTH names another address where the settings move it.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "fetch(process.env.MRA_HEALTH ?? 'http://127.0.0.1:8080/livez').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--max-semi-space-size=32", "gateway/mra.js"]
CMD ["serve"]
