using Media.Native.Checks;

namespace Media.Native.Tests;

public class NativeLibrariesTests
{
    [Fact]
    public void The_checks_pass_and_name_the_versions()
    {
        var (opus, openSsl) = (NativeLibraries.CheckOpus(), NativeLibraries.CheckOpenSsl(TimeProvider.System));
        Assert.Null(opus.Error);
        Assert.StartsWith("libopus 1.", opus.Version, StringComparison.Ordinal);
        Assert.Null(openSsl.Error);
        Assert.StartsWith("OpenSSL 3.", openSsl.Version, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_library_is_named_with_the_package_that_brings_it()
    {
        var error = NativeLibraries.FindMissing([("libc.so.6", "libc6"), ("libnowhere.so.0", "nowhere0")]);
        Assert.Equal("libnowhere.so.0 cannot be loaded; install the package nowhere0.", error);
    }

    [Theory]
    [InlineData("libopus 1.2.1")]
    [InlineData("libopus unknown")]
    [InlineData("")]
    public void An_old_libopus_is_refused(string version) =>
        Assert.StartsWith("libopus 1.3 or later is needed", NativeLibraries.CheckOpusVersion(version), StringComparison.Ordinal);

    [Theory]
    [InlineData("libopus 1.3")]
    [InlineData("libopus 1.5.2-fixed")]
    public void A_recent_libopus_is_accepted(string version) => Assert.Null(NativeLibraries.CheckOpusVersion(version));

    [Fact]
    public void An_old_OpenSSL_is_refused_and_a_recent_one_accepted()
    {
        Assert.StartsWith("OpenSSL 3.0 or later is needed", NativeLibraries.CheckOpenSslVersion(0x1010117f), StringComparison.Ordinal);
        Assert.Null(NativeLibraries.CheckOpenSslVersion(0x30000000));
        Assert.Null(NativeLibraries.CheckOpenSslVersion(0x30500000));
    }
}
