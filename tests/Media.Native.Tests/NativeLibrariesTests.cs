using Media.Native;

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
}
