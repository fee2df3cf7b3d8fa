# Scripts that browsers get, as package-lock.json pins them.
FROM node:22-bookworm-slim AS scripts
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund --omit=dev

# One static binary.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=scripts /src/node_modules/htmx.org/dist/htmx.min.js static/vendor/htmx.js
ARG VERSION=
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/portico ./cmd/portico \
    && mkdir /out/data /out/tmp

# Nothing else: no shell, no package, no user but a number.
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/portico /portico
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build --chown=65532:65532 /out/tmp /tmp
USER 65532:65532
ENV PORTICO_LISTEN=0.0.0.0:8080 PORTICO_DATA=/data
VOLUME ["/data"]
EXPOSE 8080
ENTRYPOINT ["/portico"]
CMD ["serve"]
