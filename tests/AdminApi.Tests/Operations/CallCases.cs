namespace AdminApi.Tests.Operations;

public sealed class CallCases : IOperationCases
{
    public void Describe(CaseTable cases)
    {
        cases.For("listLiveCalls").Succeeds(200, api => api.Get("/v1/calls/live"));
        cases.For("listCalls").Succeeds(200, api => api.Get("/v1/calls"));
    }
}
