# One image for every process of the platform: the web by default; workers, beat and the rest by another command
# (compose.yaml, ops/kubernetes). What is in it comes from requirements/*.lock and play/client/package-lock.json alone.
#   docker build --build-arg REVISION="$(git rev-parse HEAD)" \
#       --build-arg SOURCE_DATE_EPOCH="$(git log -1 --format=%ct)" -t keno-platform .
# To name the base for good: --build-arg PYTHON_IMAGE=python:3.11-slim-bookworm@sha256:...
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS tools
# Bytecode names the hash of what it was compiled from, not a time: so two builds have the same files.
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PYC_INVALIDATION_MODE=UNCHECKED_HASH PYTHONDONTWRITEBYTECODE=1 \
    UV_LINK_MODE=copy UV_NO_BUILD=1 UV_PYTHON_DOWNLOADS=never
WORKDIR /app
COPY requirements/bootstrap.lock requirements/
RUN python -m venv /opt/tools \
    && /opt/tools/bin/pip install --no-cache-dir --require-hashes -r requirements/bootstrap.lock

FROM tools AS client
COPY requirements/client.lock requirements/
RUN python -m venv --without-pip /opt/client \
    && /opt/tools/bin/uv pip install --no-cache --python /opt/client/bin/python --require-hashes \
        -r requirements/client.lock
COPY play/client play/client
COPY localization/formats.json localization/models.py localization/
COPY locale locale
RUN VENV=/opt/client play/client/tools/build.sh

FROM tools AS server
COPY requirements/server.lock requirements/
RUN python -m venv --without-pip /opt/venv \
    && /opt/tools/bin/uv pip install --no-cache --compile-bytecode --python /opt/venv/bin/python --require-hashes \
        -r requirements/server.lock \
    # Three packages bring their manuals to the same place, and the last one stays: nothing loads them.
    && rm -rf /opt/venv/lib/python3.*/site-packages/docs
COPY . .
COPY --from=client /app/play/static/play/build play/static/play/build
RUN rm -rf play/client && /opt/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash .

FROM ${PYTHON_IMAGE} AS platform
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG SOURCE_DATE_EPOCH
LABEL org.opencontainers.image.title="Keno platform" \
    org.opencontainers.image.description="A multi-tenant B2B Keno game server" \
    org.opencontainers.image.licenses="MIT" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}"
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=keno_platform.settings \
    KENO_LOG_FORMAT=json KENO_HEARTBEAT=/tmp/keno-heartbeat KENO_METRICS_DIR=/tmp/keno-metrics \
    KENO_REPORTS=/var/lib/keno/reports
# The system may be mounted read-only: what is written goes to /tmp, and to the two directories made here.
RUN groupadd --system --gid 10001 keno \
    && useradd --system --no-log-init --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin \
        --uid 10001 --gid 10001 keno \
    && install -d -o keno -g keno -m 0700 /var/lib/keno/reports /var/lib/keno/archive
COPY --from=server /opt/venv /opt/venv
COPY --from=server /app /app
WORKDIR /app
USER 10001:10001
EXPOSE 8000 9108
STOPSIGNAL SIGTERM
# Of whatever process this container runs: the script asks the web, and looks at a worker's or beat's sign of life.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["python", "-I", "-S", "ops/image/alive.py"]
CMD ["uvicorn", "keno_platform.asgi:application", "--host", "0.0.0.0", "--port", "8000", \
    "--http", "keno_platform.bounded:BoundedHttp", "--ws", "keno_platform.bounded:BoundedSocket", \
    "--ws-max-size", "4096", "--no-access-log", "--no-proxy-headers", "--timeout-graceful-shutdown", "20", \
    "--ws-per-message-deflate", "false", "--ws-ping-interval", "45"]
