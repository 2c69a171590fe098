try:
    {}["x"]
except KeyError as error:
    raise RuntimeError("no config") from error
