using AdminApi.Platform;

namespace AdminApi.Tests;

/// <summary>Where a container's health check asks the admin API.</summary>
public sealed class AdminHealthTests
{
    [Theory]
    [InlineData("http://0.0.0.0:8081", "http://127.0.0.1:8081/healthz")]
    [InlineData("http://[::]:8081", "http://127.0.0.1:8081/healthz")]
    [InlineData("https://*:8081;http://127.0.0.1:9000", "https://127.0.0.1:8081/healthz")]
    [InlineData("http://10.0.0.10:8081/", "http://10.0.0.10:8081/healthz")]
    [InlineData("http://localhost:8081", "http://127.0.0.1:8081/healthz")]
    public void A_listener_is_asked_where_this_machine_reaches_it(string urls, string asked) =>
        Assert.Equal(asked, AdminHealthCommand.Address(urls).ToString());

    [Fact]
    public async Task Nobody_who_answers_is_exit_code_1()
    {
        using var output = new StringWriter();
        Assert.Equal(1, await AdminHealthCommand.RunAsync(["health", "--urls=http://127.0.0.1:9"], output));
        Assert.StartsWith("http://127.0.0.1:9/healthz: ", output.ToString(), StringComparison.Ordinal);
    }
}
