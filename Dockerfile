# The service in an image: CPU by default, without torch; `--build-arg VARIANT=cuda` for a GPU.
# The index is built into the image, so that a container answers as soon as it runs.
ARG BASE_IMAGE=python:3.12-slim-bookworm
ARG VARIANT=cpu

# --- what building the index needs: torch, the weights, the exporter -------------------------------------------
FROM ${BASE_IMAGE} AS builder
# Extra arguments for pip, such as `--no-index --find-links=/wheels` with a folder of wheels mounted there.
ARG PIP_ARGS=""
ARG VARIANT
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY corpus corpus
COPY index index
COPY assistant assistant
RUN python3 -m venv /opt/build && \
    if [ "$VARIANT" = cpu ]; then \
        torch=$(grep '^torch==' constraints.txt); \
        /opt/build/bin/pip install -q $PIP_ARGS --retries 0 --timeout 5 \
            --index-url https://download.pytorch.org/whl/cpu "$torch" 2>/dev/null || \
        /opt/build/bin/pip install -q $PIP_ARGS "$torch"; \
    fi && \
    /opt/build/bin/pip install -q $PIP_ARGS -c constraints.txt ".[torch]" && \
    DLSTART_INDEX_DIR=/srv/index DLSTART_DEVICE=cpu /opt/build/bin/dlstart index build

# --- what serving needs --------------------------------------------------------------------------------------------
FROM ${BASE_IMAGE} AS packages-cpu
ARG PIP_ARGS=""
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY corpus corpus
COPY index index
COPY assistant assistant
RUN python3 -m venv /opt/dlstart && \
    /opt/dlstart/bin/pip install -q $PIP_ARGS -c constraints.txt ".[postgres,redis,slack,otel]" && \
    # What only downloads models, converts them, or calls onnxruntime from C.
    /opt/dlstart/bin/pip uninstall -q -y pip setuptools hf-xet && \
    cd /opt/dlstart/lib/python3.*/site-packages/onnxruntime && \
    rm -rf capi/libonnxruntime.so.* transformers tools quantization && \
    find /opt/dlstart -name tests -type d -prune -exec rm -rf {} + && \
    find /opt/dlstart -name __pycache__ -type d -prune -exec rm -rf {} +

FROM builder AS packages-cuda
ARG PIP_ARGS=""
RUN /opt/build/bin/pip install -q $PIP_ARGS -c constraints.txt ".[torch,models,postgres,redis,slack,otel]" && \
    mv /opt/build /opt/dlstart-cuda && ln -s /opt/dlstart-cuda /opt/build

FROM packages-${VARIANT} AS packages

# --- the image -----------------------------------------------------------------------------------------------------
FROM ${BASE_IMAGE} AS runtime
# The folder of the state is made here, with its owner: a volume takes both over; where it is missing it is root's.
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/dlstart dlstart && \
    install -d -o 10001 -g 0 -m 0770 /var/lib/dlstart/data
COPY --from=packages /opt /opt
COPY --from=builder --chown=10001:0 /srv/index /srv/index
# The program switches telemetry off itself (index/telemetry.py); here it is off for whatever else runs in the image.
ENV ORT_DISABLE_TELEMETRY=1 \
    RAY_USAGE_STATS_ENABLED=0 \
    HF_HUB_DISABLE_TELEMETRY=1 \
    HF_HUB_OFFLINE=1 \
    DO_NOT_TRACK=1
ENV PATH=/opt/dlstart/bin:/opt/build/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DLSTART_INDEX_DIR=/srv/index \
    DLSTART_DATA_DIR=/var/lib/dlstart/data
USER 10001
WORKDIR /var/lib/dlstart
VOLUME /var/lib/dlstart/data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s \
    CMD ["python3", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/readyz?exclude=index', timeout=2)"]
ENTRYPOINT ["dlstart"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
