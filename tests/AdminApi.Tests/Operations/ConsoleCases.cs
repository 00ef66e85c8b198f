using AdminApi.Platform;

namespace AdminApi.Tests.Operations;

public sealed class ConsoleCases : IOperationCases
{
    public void Describe(CaseTable cases) => cases.For("createConsoleLink")
        .Succeeds(200, api => api.Post("/v1/console/links"))
        .Fails(StoreProblems.UnknownReference, api => api.Post("/v1/console/links?agent=none"));
}
