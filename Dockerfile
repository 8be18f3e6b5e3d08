# docker build -t autoencode-lab . && docker run --rm -p 127.0.0.1:8501:8501 -v autoencode-runs:/runs autoencode-lab
# With an NVIDIA GPU and its container toolkit add --gpus all to docker run.
FROM python:3.11-slim

# An index that offers torch's CPU build makes a far smaller image: --build-arg PIP_EXTRA_INDEX_URL=…
ARG PIP_EXTRA_INDEX_URL

# ffmpeg makes the MP4 of an animation.
RUN apt-get update && apt-get install -y --no-install-recommends ffmpeg && rm -rf /var/lib/apt/lists/*

WORKDIR /lab
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt

COPY . .
RUN useradd --create-home lab && mkdir /runs && chown lab /runs
USER lab
RUN python -m autoencode_core.training.compiling
ENV AUTOENCODE_RUNS=/runs PYTHONUNBUFFERED=1
VOLUME /runs
EXPOSE 8501
HEALTHCHECK --start-period=20s CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=3)"]
CMD ["python", "-m", "streamlit", "run", "app.py", "--server.address", "0.0.0.0", "--server.headless", "true"]
