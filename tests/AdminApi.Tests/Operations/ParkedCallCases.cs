using AdminApi.Platform;
using AdminApi.Tests.Kit;
using static AdminApi.Tests.Kit.CentreSamples;

namespace AdminApi.Tests.Operations;

public sealed class ParkedCallCases : IOperationCases
{
    private static readonly ProblemKind NoChannel = new(422, "no_channel", ""), AlreadyParked = new(409, "already_parked", ""),
        NotWaiting = new(409, "not_waiting", "");

    public void Describe(CaseTable cases)
    {
        cases.For("listParkedCalls").Succeeds(200, async api =>
        {
            var parked = await ParkedAsync(api);
            return api.Get($"/v1/parked-calls?state=waiting_permission&group={parked.Group}&contact={parked.Contact}&limit=1");
        });
        cases.For("getParkedCall")
            .Succeeds(200, async api => api.Get($"/v1/parked-calls/{(await ParkedAsync(api)).Id}"))
            .Fails(Problems.NotFound, api => api.Get("/v1/parked-calls/none"));
        cases.For("cancelParkedCall")
            .Succeeds(200, async api => api.Delete($"/v1/parked-calls/{(await ParkedAsync(api)).Id}"))
            .Fails(Problems.NotFound, api => api.Delete("/v1/parked-calls/none"))
            .Fails(NotWaiting, async api =>
            {
                var parked = await ParkedAsync(api);
                await api.ReadAsync(api.Delete($"/v1/parked-calls/{parked.Id}"));
                return api.Delete($"/v1/parked-calls/{parked.Id}");
            });
        cases.For("parkCall")
            .Succeeds(201, async api => api.Post("/v1/parked-calls", new
            {
                group = await GroupAsync(api), user = "+1 555 " + Random.Shared.Next(1_000_000, 9_999_999),
                channel = await ChannelSamples.ChannelAsync(api), ask = false, expiresInSeconds = 3600, ringSeconds = 20, reference = "May",
            }))
            .Fails(Problems.InvalidRequest, async api => api.Post("/v1/parked-calls", new { agent = await AgentAsync(api) }))
            .Fails(Problems.NotFound, async api =>
                api.Post("/v1/parked-calls", new { agent = await AgentAsync(api), contact = 987654321 }))
            .Fails(StoreProblems.UnknownReference, api => api.Post("/v1/parked-calls", new { group = "nobody", user = "+15550001111" }))
            .Fails(AlreadyParked, async api => api.Post("/v1/parked-calls", new
            {
                agent = await AgentAsync(api), contact = (await ParkedAsync(api)).Contact,
            }))
            .Fails(NoChannel, async api =>
            {
                await ChannelSamples.ChannelAsync(api);
                await ChannelSamples.ChannelAsync(api);
                return api.Post("/v1/parked-calls", new { agent = await AgentAsync(api), user = "US.1" + Guid.NewGuid().ToString("n") });
            });
    }

    private static async Task<(string Id, string Group, long Contact)> ParkedAsync(ApiFixture api)
    {
        var (group, contact) = (await GroupAsync(api), (await ContactSamples.ContactAsync(api)).Id);
        var parked = await api.ReadAsync(api.Post("/v1/parked-calls", new { group, contact }));
        return (parked.GetProperty("id").GetString()!, group, contact);
    }
}
