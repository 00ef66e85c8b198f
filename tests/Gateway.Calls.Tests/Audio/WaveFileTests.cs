using System.Text;
using Gateway.Calls.Audio;

namespace Gateway.Calls.Tests.Audio;

public class WaveFileTests
{
    private static readonly byte[] Subtype = Convert.FromHexString("000000001000800000AA00389B71");

    [Theory]
    [InlineData(1, 8, "C0 40", new[] { 0.5, -0.5 })]
    [InlineData(1, 16, "0040 00C0 0080", new[] { 0.5, -0.5, -1 })]
    [InlineData(1, 24, "000040 0000C0 000080", new[] { 0.5, -0.5, -1 })]
    [InlineData(1, 32, "00000040 000000C0", new[] { 0.5, -0.5 })]
    [InlineData(3, 32, "0000003F 000000BF 00000040", new[] { 0.5, -0.5, 2 })]
    [InlineData(3, 64, "000000000000E03F 000000000000E0BF", new[] { 0.5, -0.5 })]
    [InlineData(7, 8, "FF 80 00 9F", new[] { 0, 32124 / 32768.0, -32124 / 32768.0, 8316 / 32768.0 })] // ITU-T G.711 table 2
    [InlineData(6, 8, "D5 AA 2A 55", new[] { 8 / 32768.0, 32256 / 32768.0, -32256 / 32768.0, -8 / 32768.0 })] // table 1
    public void Reads_every_encoding(int tag, int bits, string data, double[] samples)
    {
        var sound = Read(Wave(Format(tag, 1, 8000, bits), Convert.FromHexString(data.Replace(" ", ""))));
        Assert.Equal(samples.Select(sample => (float)sample), sound.Samples.ToArray());
        Assert.Equal(8000, sound.Rate);
    }

    [Fact]
    public void Two_channels_are_mixed() => Assert.Equal(
        [0.5f, -0.25f], Read(Wave(Format(1, 2, 44100, 16), Convert.FromHexString("0040004000C00000"))).Samples.ToArray());

    [Fact]
    public void Reads_the_extensible_format()
    {
        byte[] format = [.. Format(0xFFFE, 1, 48000, 24), 22, 0, 24, 0, 4, 0, 0, 0, 1, 0, .. Subtype];
        Assert.Equal([0.5f], Read(Wave(format, [0, 0, 0x40])).Samples.ToArray());
        Assert.Equal(WaveFault.Malformed, Fault(Wave(format[..30], [0, 0, 0x40])));
        format[^1]++;
        Assert.Equal(WaveFault.Malformed, Fault(Wave(format, [0, 0, 0x40])));
    }

    [Fact]
    public void Other_chunks_are_passed_over_with_their_padding()
    {
        byte[] file = [.. "RIFF"u8, 0, 0, 0, 0, .. "WAVE"u8, .. Chunk("LIST", [1, 2, 3]), .. Chunk("fmt ", Format(1, 1, 8000, 16)),
            .. Chunk("fact", []), .. Chunk("data", [0, 0x40]), .. Chunk("LIST", [9])];
        Assert.Equal([0.5f], Read(file).Samples.ToArray());
    }

    /// <summary>A recorder that was cut short leaves lengths of 0xFFFFFFFF or beyond the end, or half a sample.</summary>
    [Fact]
    public void Data_that_is_shorter_than_it_claims_is_what_there_is()
    {
        var file = Wave(Format(1, 1, 8000, 16), [0, 0x40, 0, 0xC0, 1])[..^1];
        BitConverter.TryWriteBytes(file.AsSpan(40), uint.MaxValue);
        Assert.Equal([0.5f, -0.5f], Read(file).Samples.ToArray());
    }

    [Theory]
    [InlineData(2, 1, 8000, 16, WaveFault.Encoding)]
    [InlineData(1, 1, 8000, 12, WaveFault.Encoding)]
    [InlineData(3, 1, 8000, 16, WaveFault.Encoding)]
    [InlineData(7, 1, 8000, 16, WaveFault.Encoding)]
    [InlineData(1, 0, 8000, 16, WaveFault.Channels)]
    [InlineData(1, 6, 8000, 16, WaveFault.Channels)]
    [InlineData(1, 1, 7999, 16, WaveFault.Rate)]
    [InlineData(1, 1, 192001, 16, WaveFault.Rate)]
    [InlineData(1, 1, 0, 16, WaveFault.Rate)]
    public void Formats_that_are_not_read_are_named(int tag, int channels, int rate, int bits, WaveFault fault) =>
        Assert.Equal(fault, Fault(Wave(Format(tag, channels, rate, bits), new byte[32])));

    [Fact]
    public void Files_that_lie_are_refused()
    {
        var format = Format(1, 1, 8000, 16);
        Assert.Equal(WaveFault.NotWave, Fault([]));
        Assert.Equal(WaveFault.NotWave, Fault(Encoding.ASCII.GetBytes("OggS, which is not for us")));
        Assert.Equal(WaveFault.Malformed, Fault([.. "RIFF"u8, 4, 0, 0, 0, .. "WAVE"u8]));
        Assert.Equal(WaveFault.Malformed, Fault(Wave(format[..15], [0, 0])));
        byte[] late = [.. "RIFF"u8, 0, 0, 0, 0, .. "WAVE"u8, .. Chunk("data", [0, 0]), .. Chunk("fmt ", format)];
        Assert.Equal(WaveFault.Malformed, Fault(late));
        Assert.Equal(WaveFault.Empty, Fault(Wave(format, [])));
        Assert.Equal(WaveFault.Empty, Fault(Wave(format, [7])));
        Assert.Equal(WaveFault.Empty, Fault([.. "RIFF"u8, 0, 0, 0, 0, .. "WAVE"u8, .. Chunk("fmt ", format)]));
        format[12] = 4; // bytes per frame
        Assert.Equal(WaveFault.Malformed, Fault(Wave(format, new byte[8])));
    }

    [Theory]
    [InlineData("0000C07F")] // not a number
    [InlineData("0000807F")] // infinity
    public void A_sample_that_is_no_number_is_refused(string sample) =>
        Assert.Equal(WaveFault.NotANumber, Fault(Wave(Format(3, 1, 8000, 32), Convert.FromHexString("0000003F" + sample))));

    [Fact]
    public void Limits_hold()
    {
        var file = Wave(Format(1, 1, 8000, 16), new byte[16000]);
        Assert.True(WaveFile.TryRead(file, new(file.Length, TimeSpan.FromSeconds(1)), out var sound, out _));
        Assert.Equal(TimeSpan.FromSeconds(1), sound.Length);
        Assert.False(WaveFile.TryRead(file, new(file.Length - 1, TimeSpan.FromSeconds(1)), out _, out var fault));
        Assert.Equal(WaveFault.TooLarge, fault);
        Assert.False(WaveFile.TryRead(file, new(file.Length, TimeSpan.FromSeconds(0.99)), out _, out fault));
        Assert.Equal(WaveFault.TooLong, fault);
        Assert.Equal((20 << 20, 10), (WaveLimits.Default.MaxBytes, WaveLimits.Default.MaxLength.TotalMinutes));
    }

    private static MonoSound Read(byte[] file)
    {
        Assert.True(WaveFile.TryRead(file, WaveLimits.Default, out var sound, out var fault), fault.ToString());
        return sound;
    }

    private static WaveFault Fault(byte[] file)
    {
        Assert.False(WaveFile.TryRead(file, WaveLimits.Default, out _, out var fault));
        return fault;
    }

    private static byte[] Wave(byte[] format, byte[] data) =>
        [.. "RIFF"u8, 0, 0, 0, 0, .. "WAVE"u8, .. Chunk("fmt ", format), .. Chunk("data", data)];

    private static byte[] Chunk(string name, byte[] content) =>
        [.. Encoding.ASCII.GetBytes(name), .. BitConverter.GetBytes(content.Length), .. content, .. new byte[content.Length & 1]];

    private static byte[] Format(int tag, int channels, int rate, int bits) =>
    [
        .. BitConverter.GetBytes((ushort)tag), .. BitConverter.GetBytes((ushort)channels), .. BitConverter.GetBytes(rate),
        .. BitConverter.GetBytes(rate * channels * bits / 8), .. BitConverter.GetBytes((ushort)(channels * bits / 8)),
        .. BitConverter.GetBytes((ushort)bits),
    ];
}
