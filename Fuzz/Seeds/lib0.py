"""What the wire formats are made of, for the scripts that write inputs."""


def var_uint(value):
    data = bytearray()
    while value > 0x7F:
        data.append(value & 0x7F | 0x80)
        value >>= 7
    data.append(value)
    return bytes(data)
