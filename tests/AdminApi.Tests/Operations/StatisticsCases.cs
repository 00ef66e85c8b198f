namespace AdminApi.Tests.Operations;

public sealed class StatisticsCases : IOperationCases
{
    public void Describe(CaseTable cases)
    {
        cases.For("getCallStatistics").Succeeds(200, api => api.Get("/v1/statistics/calls?by=day,country&from=2020-01-01&to=2020-02-01"));
        cases.For("exportCallStatistics").Succeeds(200, api => api.Get("/v1/statistics/calls/export?by=hour&channel=100"));
    }
}
