# fakegraph as a sidecar; docs/how-to/sidecar.md says how to use it.
#   docker build -t fakegraph .
ARG BASE=python:3.11-slim

FROM ${BASE} AS build
WORKDIR /build
COPY pyproject.toml setup.cfg README.md LICENSE ./
COPY fakegraph fakegraph
COPY fixtures fixtures
COPY docs/coverage.md docs/
# Both secrets are optional: who installs from an index of their own brings its pip.conf and certificates.
# A venv without pip, because nothing is installed later; only wheels, because the final stage has no compiler's
# libraries; compiled so that the age of a file does not matter, because copying may change it.
ARG EXTRAS=
RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf \
    --mount=type=secret,id=ca.crt,target=/run/secrets/ca.crt \
    python3 -m venv /tmp/pip \
 && python3 -m venv --without-pip /opt/fakegraph \
 && /tmp/pip/bin/pip wheel --no-cache-dir --no-deps --wheel-dir dist . \
 && /tmp/pip/bin/pip --python /opt/fakegraph/bin/python install --no-cache-dir --no-compile --only-binary :all: "$(echo dist/*.whl)${EXTRAS}" \
 && /opt/fakegraph/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/fakegraph/lib

FROM ${BASE}
LABEL org.opencontainers.image.title="fakegraph" \
      org.opencontainers.image.description="A local stand-in for Microsoft Graph that client developers point their tests at" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /opt/fakegraph /opt/fakegraph
ENV PATH=/opt/fakegraph/bin:$PATH
# The public Python images have no compiled standard library, and a read-only container cannot keep what it compiles:
# importing once, here, leaves what a server needs of it. /data is the user's, and so is a new volume there.
RUN python3 -c "import encodings.idna, tomllib, prometheus_client, fakegraph.health, fakegraph.process" \
 && fakegraph check contoso \
 && mkdir /fixtures \
 && install -d -o 10001 -g 10001 /data
ENV PYTHONDONTWRITEBYTECODE=1 \
    FAKEGRAPH_HOST=0.0.0.0
# A number, so that an orchestrator can see that it is not root.
USER 10001:10001
EXPOSE 8365
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=2s --timeout=6s --start-period=10s --retries=3 CMD ["fakegraph", "health"]
ENTRYPOINT ["fakegraph"]
CMD ["serve"]
