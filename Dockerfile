# docker build -t autoencode-lab . && docker run --rm -p 127.0.0.1:8501:8501 -v autoencode-runs:/runs \
#     --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges autoencode-lab
# With an NVIDIA GPU and its container toolkit add --gpus all. A cluster: compose.yaml and docs/cluster.md.
FROM python:3.11-slim

# An index that offers torch's CPU build makes a far smaller image: --build-arg PIP_EXTRA_INDEX_URL=…
ARG PIP_EXTRA_INDEX_URL

# ffmpeg makes the MP4 of an animation.
RUN apt-get update && apt-get install -y --no-install-recommends ffmpeg && rm -rf /var/lib/apt/lists/*

WORKDIR /lab
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt

COPY . .
# Compiled loops are made here and laid into /tmp when the container starts: numba reads none it may not write.
RUN NUMBA_CACHE_DIR=/compiled python -m autoencode_core.training.compiling
RUN useradd --uid 10001 lab && mkdir /runs && chown lab /runs

# Nothing is written but in /runs and /tmp, so the rest may be read-only.
ENV AUTOENCODE_RUNS=/runs SCIKIT_LEARN_DATA=/runs/fetched HOME=/tmp NUMBA_CACHE_DIR=/tmp/compiled \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001
VOLUME /runs
EXPOSE 8501
HEALTHCHECK --start-period=20s CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8501/health', timeout=3)"]
ENTRYPOINT ["sh", "tools/start_in_container.sh", "/compiled"]
CMD ["python", "-m", "streamlit", "run", "app.py", "--server.address", "0.0.0.0", "--server.headless", "true"]
