"""Where what an experiment found is written."""


def write(folders, tables, figures=None):
    """Write tables (CSV) and figures (PNG), by name, into each folder that there is."""
    for folder in filter(None, folders):
        folder.mkdir(parents=True, exist_ok=True)
        for name, table in tables.items():
            table.to_csv(folder / f"{name}.csv", index=False, float_format="%.5g")
        for name, figure in (figures or {}).items():
            figure.savefig(folder / f"{name}.png", dpi=110)
