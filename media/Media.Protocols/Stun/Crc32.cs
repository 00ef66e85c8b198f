namespace Media.Protocols.Stun;

/// <summary>The CRC-32 of ITU V.42 that FINGERPRINT uses (RFC 5389 §15.5): reflected polynomial 0xEDB88320.</summary>
internal static class Crc32
{
    private static readonly uint[] Table = BuildTable();

    public static uint Compute(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
            crc = Table[(byte)(crc ^ b)] ^ crc >> 8;
        return ~crc;
    }

    private static uint[] BuildTable()
    {
        var table = new uint[256];
        for (uint i = 0; i < table.Length; i++)
        {
            var entry = i;
            for (var bit = 0; bit < 8; bit++)
                entry = (entry & 1) != 0 ? entry >> 1 ^ 0xEDB8_8320 : entry >> 1;
            table[i] = entry;
        }
        return table;
    }
}
