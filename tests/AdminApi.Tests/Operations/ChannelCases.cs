using AdminApi.Platform;
using AdminApi.Tests.Kit;
using Gateway.Calls.Channels;
using static AdminApi.Tests.Kit.ChannelSamples;

namespace AdminApi.Tests.Operations;

public sealed class ChannelCases : IOperationCases
{
    private static readonly ProblemKind MetaNotRead = new(409, "meta_not_read", ""), NotAdoptable = new(409, "not_adoptable", ""),
    CountryExists = new(409, "country_exists", "");

    private static readonly MetaSettings OnMars = new() { CallHours = new("Mars/Olympus", [new("monday", "0900", "1700")]) };

    private static readonly object Hours = new { timeZone =
        "Europe/Berlin", week = new[] { new { day = "monday", open = "0900", close = "1700" } }, holidays = Array.Empty<object>() };

    private static int _country;

    public void Describe(CaseTable cases)
    {
        cases.For("listChannels").Succeeds(200, async api =>
        {
            await ReadChannelAsync(api, new MetaSettings { Status = "ENABLED" }, new ChannelRestriction(
                "RESTRICTED_USER_INITIATED_CALLING", "quality", DateTimeOffset.UtcNow, null));
            return api.Get("/v1/channels?limit=500");
        });
        cases.For("getChannel").Succeeds(200, async api => api.Get($"/v1/channels/{await ChannelAsync(api)}"))
            .Fails(Problems.NotFound, api => api.Get("/v1/channels/none"));
        Change("changeChannel", HttpMethod.Patch, "", new { callingEnabled = true });
        Change("setChannelAccount", HttpMethod.Put, "/account", new { account = (string?)null });
        Change("setChannelCallHours", HttpMethod.Put, "/call-hours", Hours);
        Change("removeChannelCallHours", HttpMethod.Delete, "/call-hours", null);
        Change("setChannelPermissionRequest", HttpMethod.Put, "/permission-request",
            new { text = "May we call?", template = new { name = "call_permission", language = "en" } });
        Change("setChannelRoutes", HttpMethod.Put, "/routes",
            new { items = new object[] { new { trunk = "main", target = "100" }, new { trunk = "main" } } });
        Change("reconcileChannel", HttpMethod.Post, "/reconcile", new { direction = "push" });
        cases.For("reconcileChannel")
            .Fails(MetaNotRead, async api => api.Post($"/v1/channels/{await ChannelAsync(api)}/reconcile", new { direction = "adopt" }, 1))
            .Fails(NotAdoptable, async api => api.Post(
                $"/v1/channels/{await ReadChannelAsync(api, OnMars)}/reconcile", new { direction = "adopt" }, 1));

        cases.For("listCallingCountries").Succeeds(200, api => api.Get("/v1/calling-countries"));
        cases.For("addCallingCountry")
            .Succeeds(201, api => api.Post("/v1/calling-countries", new { country = NewCountry(), inbound = true, outbound = false }))
            .Fails(CountryExists, api => api.Post("/v1/calling-countries", new { country = "US", inbound = true, outbound = true }));
        cases.For("setCallingCountry")
            .Succeeds(
                200, async api => api.Put($"/v1/calling-countries/{await AddAsync(api)}", new { inbound = false, outbound = false }, 1))
            .Fails(Problems.NotFound, api => api.Put("/v1/calling-countries/ZZ", new { inbound = false, outbound = false }, 1));
        cases.For("removeCallingCountry")
            .Succeeds(204, async api => api.Delete($"/v1/calling-countries/{await AddAsync(api)}", 1))
            .Fails(Problems.NotFound, api => api.Delete("/v1/calling-countries/ZZ", 1));

        void Change(string operation, HttpMethod method, string path, object? body) => cases.For(operation)
            .Succeeds(200, async api => api.Request(method, $"/v1/channels/{await ChannelAsync(api)}{path}", body, 1))
            .Fails(Problems.NotFound, api => api.Request(method, $"/v1/channels/none{path}", body, 1));
    }

    private static async Task<string> AddAsync(ApiFixture api) =>
        (await api.ReadAsync(api.Post("/v1/calling-countries", new { country = NewCountry(), inbound = true, outbound = false })))
            .GetProperty("country").GetString()!;

    /// <summary>XA, XB …: codes that ISO 3166-1 leaves to users.</summary>
    private static string NewCountry()
    {
        var next = Interlocked.Increment(ref _country) - 1;
        return $"{(char)('Q' + next / 26 % 10)}{(char)('A' + next % 26)}";
    }
}
