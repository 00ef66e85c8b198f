using AdminApi.Tests.Kit;
using Gateway.Storage.Events;

namespace AdminApi.Tests.Operations;

public sealed class EventCases : IOperationCases
{
    public void Describe(CaseTable cases)
    {
        cases.For("listEvents").Succeeds(200, async api =>
        {
            await Samples.EventAsync(
                api, new NewEvent(EventKind.BalanceLow, DateTimeOffset.UtcNow, Account: "acme", Data: new { balance = 9.98m }));
            return api.Get("/v1/events?kinds=balance.low&limit=1");
        });
        cases.For("streamEvents").Succeeds(200, api => api.Get("/v1/events/stream?kinds=call.missed,call.ended"));
    }
}
