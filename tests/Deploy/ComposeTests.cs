using System.Text.RegularExpressions;
using Gateway.Worker.Configuration;
using Testing;

namespace Deploy;

/// <summary>deploy/compose.yaml and what it mounts, without containers.</summary>
public sealed partial class ComposeTests
{
    private static readonly string File = Repository.File("deploy", "compose.yaml");

    [Theory]
    [InlineData("sandbox", true)]
    [InlineData("example", false)]
    public async Task Compose_reads_it_with_an_environment_that_is_filled_in(string environment, bool isFilled)
    {
        var (code, output) = await Command.RunAsync(
            "docker-compose",
            ["--file", File, "--env-file", Repository.File("deploy", "compose", environment + ".env"), "config", "--quiet"]);
        Assert.True(code == 0 == isFilled, output);
    }

    [Fact]
    public void Every_file_that_it_mounts_exists() => Assert.All(
        Mounts().Matches(System.IO.File.ReadAllText(File)).Select(match => match.Groups[1].Value),
        path => Assert.True(Path.Exists(Path.Combine(Path.GetDirectoryName(File)!, path)), path));

    [Fact]
    public void The_gateways_accept_their_configuration()
    {
        var text = System.IO.File.ReadAllText(Repository.File("deploy", "compose", "gateway.json"));
        text = Placeholder().Replace(text, match => match.Groups[1].Value switch
        {
            "ADDRESS" or "PUBLIC_ADDRESS" => "172.30.83.11", "MEDIA_PORT" => "40000", "GRAPH_URL" => "https://graph.facebook.com/",
            "WHATSAPP_NUMBER" => "15550009000", "CLUSTER_KEY" => Convert.ToBase64String(new byte[32]), var name => name,
        });
        Assert.True(GatewayOptionsReader.TryRead(text, out var options, out var errors), string.Join('\n', errors));
        Assert.Equal(64, options.Media.Loops * options.Media.WhatsApp.PortsPerLoop);
    }

    [GeneratedRegex(@"(?:- |""|:-)(\./[^:""}]+)")]
    private static partial Regex Mounts();

    [GeneratedRegex(@"\$\{env:([^}]+)\}")]
    private static partial Regex Placeholder();
}
