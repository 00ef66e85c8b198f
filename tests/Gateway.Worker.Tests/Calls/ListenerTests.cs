using System.Net.Sockets;
using System.Text;
using Gateway.Worker.Tests.Calls.Bench;
using Testing;

namespace Gateway.Worker.Tests.Calls;

/// <summary>The listener behind proxies serves only webhooks, however a path is written.</summary>
[Collection(StoresCollection.Name)]
public sealed class ListenerTests(Stores stores)
{
    [Fact]
    public async Task The_public_listener_shows_no_operations_and_the_other_takes_no_webhooks()
    {
        await using var bench = await CallBench.StartAsync(stores);
        var node = bench.Gateway;
        string[] paths =
        [
            "/metrics", "/readyz", "/healthz", "/", "/METRICS", "//metrics", "/webhooks/whatsapp/../../metrics",
            "/webhooks/whatsapp/..%2f..%2fmetrics", "/webhooks/whatsapp/%2e%2e/%2e%2e/readyz", "/webhooks/whatsapp/./../../healthz",
            "/webhooks/whatsapp/metrics", "/webhooks\\..\\metrics",
        ];
        foreach (var path in paths)
        {
            Assert.Contains(await RawAsync(node.Url, path), new[] { 400, 404 });
            Assert.DoesNotContain("gateway_", (await node.GetAsync(node.Url, "/metrics")).Body, StringComparison.Ordinal);
        }
        // No header decides which listener it is.
        Assert.Equal(404, await RawAsync(
            node.Url, "/metrics", $"X-Forwarded-Host: {new Uri(node.OperationsUrl).Authority}\r\nX-Original-URL: /metrics\r\n"));

        foreach (var path in new[] { "/metrics", "/readyz", "/healthz" })
            Assert.Equal(200, (await node.GetAsync(node.OperationsUrl, path)).Status);
        Assert.Equal(404, (await node.GetAsync(
            node.OperationsUrl, "/webhooks/whatsapp?hub.mode=subscribe&hub.challenge=7&hub.verify_token=verify")).Status);
        Assert.Equal(
            (200, "7"), await node.GetAsync(node.Url, "/webhooks/whatsapp?hub.mode=subscribe&hub.challenge=7&hub.verify_token=verify"));
    }

    /// <summary>The path as it is written, which HTTP clients would tidy up.</summary>
    private static async Task<int> RawAsync(string url, string path, string headers = "")
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", new Uri(url).Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {new Uri(url).Authority}\r\n{headers}Connection: close\r\n\r\n"));
        using var reader = new StreamReader(stream);
        return int.Parse((await reader.ReadLineAsync())!.Split(' ')[1]);
    }
}
