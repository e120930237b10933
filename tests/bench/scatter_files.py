"""The files of the scatter benchmark: the same images stored in every way that has a goal of its own."""
import os

import h5py
import numpy as np
import stroke_images

SEED = 1
CHUNK_ROWS = 1024
GZIP_LEVEL = 4
# So many different images, again and again in another order. deflate looks back 32 KiB, some 40 rows.
POOL_ROWS = 20_000
# The bytes times this, rounded once: what Tally makes of the bytes, so that results are equal to the last bit.
SCALE = np.float32(1 / 255)
_COPY_BYTES = 1 << 24


def in_page_cache(file):
    """Whether all of it is, which is read on the way. No: perhaps."""
    buffer = bytearray(_COPY_BYTES)
    size, position = os.fstat(file.fileno()).st_size, 0
    try:
        while position < size:
            position += os.preadv(file.fileno(), [buffer], position, os.RWF_NOWAIT) or size
    except OSError:  # it would wait for the disk, or the file system cannot say
        return False
    return position == size


class Files:
    """Written into a folder by write(), and by repeat() as soon as it is known how often."""

    def __init__(self, folder, rows):
        self.rows = rows
        self.paths = {name: os.path.join(folder, f"{name}.h5")
                      for name in ("uint8", "float32", "gzip", "uint8_repeated", "gzip_repeated")}
        self.compression = None
        self.rows_of = {name: rows for name in ("uint8", "float32", "gzip")}

    def write(self):
        pool, pool_labels = stroke_images.images(min(POOL_ROWS, self.rows), SEED)
        random = np.random.default_rng(SEED)
        order = np.concatenate([random.permutation(len(pool)) for _ in range(-(-self.rows // len(pool)))])[:self.rows]
        layouts = {"uint8": {}, "float32": {},
                   "gzip": {"chunks": (min(CHUNK_ROWS, self.rows), stroke_images.PIXELS), "compression": "gzip",
                            "compression_opts": GZIP_LEVEL}}
        for name, layout in layouts.items():
            with h5py.File(self.paths[name], "w") as file:
                dataset = file.create_dataset("inputs", (self.rows, stroke_images.PIXELS),
                                              np.float32 if name == "float32" else np.uint8, **layout)
                for first in range(0, self.rows, 8 * CHUNK_ROWS):
                    rows = pool[order[first:first + 8 * CHUNK_ROWS]]
                    dataset[first:first + len(rows)] = rows * SCALE if name == "float32" else rows
                if name != "float32":
                    dataset.attrs["scale"] = 1 / 255
                file["labels"] = pool_labels[order]
                if name == "gzip":
                    self.compression = self.rows * stroke_images.PIXELS / dataset.id.get_storage_size()

    def repeat(self, name, times):
        """name_repeated: its rows, times times; its whole chunks where it has chunks."""
        write = self._repeat_chunks if name == "gzip" else self._repeat_virtually
        with h5py.File(self.paths[name]) as source, h5py.File(self.paths[f"{name}_repeated"], "w") as file:
            rows = write(source["inputs"], file, times)
            file["labels"] = np.tile(source["labels"][:rows], times)
            file["inputs"].attrs["scale"] = 1 / 255
        self.rows_of[f"{name}_repeated"] = rows * times

    @staticmethod
    def _repeat_virtually(inputs, file, times):
        rows, width = inputs.shape
        layout = h5py.VirtualLayout((rows * times, width), inputs.dtype)
        for number in range(times):
            layout[number * rows:(number + 1) * rows] = h5py.VirtualSource(os.path.basename(inputs.file.filename),
                                                                           "inputs", inputs.shape)
        file.create_virtual_dataset("inputs", layout)
        return rows

    @staticmethod
    def _repeat_chunks(inputs, file, times):
        chunk_rows, width = inputs.chunks
        chunks = inputs.shape[0] // chunk_rows
        rows = chunks * chunk_rows
        repeated = file.create_dataset("inputs", (rows * times, width), inputs.dtype, chunks=inputs.chunks,
                                       compression=inputs.compression, compression_opts=inputs.compression_opts)
        for first in range(0, rows, chunk_rows):
            stored = inputs.id.read_direct_chunk((first, 0))[1]
            for number in range(times):
                repeated.id.write_direct_chunk((number * rows + first, 0), stored)
        return rows

    def settle(self):
        """On the disk, so that nothing is written back while others measure; and not in memory as writing has left it,
        in pieces of another size than whoever reads it first gets."""
        for path in self.paths.values():
            if os.path.exists(path):
                with open(path, "rb", buffering=0) as file:
                    os.fsync(file.fileno())
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    def warm(self, name):
        """Into the page cache, from which a system may take what was not used for a while: before each measurement."""
        for path in {self.paths[name], self.paths[name.removesuffix("_repeated")]}:
            with open(path, "rb", buffering=0) as file:
                if in_page_cache(file):
                    continue
                # Single pages that come back where some were taken make every later copy half as slow again: anew as
                # a whole, in the large pieces in which a system reads ahead.
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
                while file.read(_COPY_BYTES):
                    pass

    def description(self):
        files = {name: {"rows": rows, "bytes": os.path.getsize(self.paths[name])}
                 for name, rows in self.rows_of.items()}
        files["gzip"]["compression"] = self.compression
        return files
