using Testing;

namespace Deploy;

/// <summary>The Debian packages, built once, and what is in them; lintian's verdict is part of building.</summary>
[Trait("Category", "Alone")] // minutes, most of which the publishing takes: ./test package
public sealed class PackageTests(PackageTests.Built built) : IClassFixture<PackageTests.Built>
{
    [Theory]
    [InlineData("whatsapp-gateway", "/etc/whatsapp-gateway/environment", "/etc/whatsapp-gateway/gateway.json")]
    [InlineData("whatsapp-gateway-admin", "/etc/whatsapp-gateway/admin-api.environment")]
    public async Task What_an_operator_edits_is_a_conffile(string package, params string[] files) =>
        Assert.Equal(files, (await built.ReadAsync(package, "conffiles")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());

    [Fact]
    public async Task The_secrets_are_for_root_alone_and_the_unit_is_there_with_its_user()
    {
        var files = (await Command.SucceedsAsync("dpkg-deb", ["--contents", built.Path("whatsapp-gateway")])).Split('\n');
        Assert.Contains(files, line => line.StartsWith("-rw------- root/root", StringComparison.Ordinal)
            && line.EndsWith("./etc/whatsapp-gateway/environment", StringComparison.Ordinal));
        Assert.Contains(files, line => line.EndsWith("./lib/systemd/system/whatsapp-gateway.service", StringComparison.Ordinal));
        Assert.Contains(files, line => line.EndsWith("./usr/lib/sysusers.d/whatsapp-gateway.conf", StringComparison.Ordinal));
        Assert.Contains("systemd-sysusers", await built.ReadAsync("whatsapp-gateway", "postinst"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_unpacked_programs_run_and_the_units_are_accepted()
    {
        var root = Directory.CreateTempSubdirectory("gateway-package-").FullName;
        try
        {
            foreach (var package in new[] { "whatsapp-gateway", "whatsapp-gateway-admin" })
                await Command.SucceedsAsync("dpkg-deb", ["--extract", built.Path(package), root]);
            var (code, output) = await Command.RunAsync(
                root + "/usr/sbin/whatsapp-gateway", ["check", root + "/etc/whatsapp-gateway/gateway.json"]);
            Assert.Equal(2, code);
            Assert.Contains("The environment variable WHATSAPP_TOKEN is not set.", output, StringComparison.Ordinal);
            (code, output) = await Command.RunAsync(root + "/usr/sbin/whatsapp-gateway-admin", ["health", "--urls=http://127.0.0.1:9"]);
            Assert.True(code == 1, output);
            Assert.Contains("http://127.0.0.1:9/healthz: ", output, StringComparison.Ordinal);
            await VerifyAsync(root);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    /// <summary>Programs of the units are looked for where the packages have put them.</summary>
    private static async Task VerifyAsync(string root)
    {
        foreach (var unit in Directory.GetFiles(root + "/lib/systemd/system"))
        {
            var text = await File.ReadAllTextAsync(unit);
            await File.WriteAllTextAsync(unit, text.Replace("=/usr/sbin/", $"={root}/usr/sbin/", StringComparison.Ordinal)
                .Replace("man:", "https://localhost/", StringComparison.Ordinal));
            Assert.Equal("", await Command.SucceedsAsync("systemd-analyze", ["verify", "--man=no", "--recursive-errors=no", unit]));
        }
    }

    /// <summary>The packages of this build.</summary>
    public sealed class Built : IAsyncLifetime
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("gateway-packages-").FullName;

        public string Path(string package) => Assert.Single(Directory.GetFiles(_folder, package + "_*.deb"));

        public async Task<string> ReadAsync(string package, string file) =>
            await Command.SucceedsAsync("dpkg-deb", ["--info", Path(package), file]);

        public async Task InitializeAsync() => await Command.SucceedsAsync(
            Repository.File("deploy", "package"), [_folder], new Dictionary<string, string> { ["DEB_COMPRESSION"] = "gzip" });

        public Task DisposeAsync()
        {
            Directory.Delete(_folder, recursive: true);
            return Task.CompletedTask;
        }
    }
}
