namespace Media.Native.Tests;

public class NativeLibrariesTests
{
    [Fact]
    public void Self_test_passes_and_names_the_versions()
    {
        var report = NativeLibraries.SelfTest();
        Assert.Null(report.Error);
        Assert.StartsWith("libopus 1.", report.OpusVersion, StringComparison.Ordinal);
        Assert.StartsWith("OpenSSL 3.", report.OpenSslVersion, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_library_is_named_with_the_package_that_brings_it()
    {
        var error = NativeLibraries.FindMissing([("libc.so.6", "libc6"), ("libnowhere.so.0", "nowhere0")]);
        Assert.Equal("libnowhere.so.0 cannot be loaded; install the package nowhere0.", error);
    }

    [Theory]
    [InlineData("libopus 1.2.1", 0x300000f0ul, "libopus 1.3 or later is needed")]
    [InlineData("libopus unknown", 0x300000f0ul, "libopus 1.3 or later is needed")]
    [InlineData("", 0x300000f0ul, "libopus 1.3 or later is needed")]
    [InlineData("libopus 1.3.1", 0x1010117ful, "OpenSSL 3.0 or later is needed")]
    public void An_old_library_is_refused(string opus, ulong openSsl, string beginning) =>
        Assert.StartsWith(beginning, NativeLibraries.CheckVersions(opus, openSsl), StringComparison.Ordinal);

    [Theory]
    [InlineData("libopus 1.3", 0x30000000ul)]
    [InlineData("libopus 1.5.2-fixed", 0x30500000ul)]
    public void A_recent_library_is_accepted(string opus, ulong openSsl) => Assert.Null(NativeLibraries.CheckVersions(opus, openSsl));
}
